// Marks what has just arrived, so that the sheet can warm it for a moment. The pages work without it.
addEventListener("live:after", (event) => {
  for (const row of event.detail?.added ?? []) {
    row.classList.add("fresh")
    setTimeout(() => row.classList.remove("fresh"), 5000)
  }
})
