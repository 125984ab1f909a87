// Marks rows that have just come or changed, so that the sheet can warm them for a moment. The pages work without it.
const WARM_MS = 5000
const rowsIn = (place) => [...place.children].filter((row) => row.hasAttribute("live-key"))
let before = new Set()

addEventListener("live:before", ({ target }) => {
  before = new Set(rowsIn(target).map((row) => row.getAttribute("live-key")))
})

addEventListener("live:after", ({ target, detail }) => {
  const touched = new Set(detail.keys)
  const isWhole = touched.size > 3                              // a whole region, after a broken line: only new rows are news
  for (const row of rowsIn(target)) {
    const key = row.getAttribute("live-key")
    if (!touched.has(key) || (isWhole && before.has(key))) continue
    row.classList.add("fresh")
    setTimeout(() => row.classList.remove("fresh"), WARM_MS)
  }
})
