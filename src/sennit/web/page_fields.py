"""The security fields that every answer and every page gets, unless its handler has set them (threat R38)."""

NO_SNIFFING = ("x-content-type-options", "nosniff")

PAGE_FIELDS = (
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-frame-options", "SAMEORIGIN"),
    ("cross-origin-opener-policy", "same-origin"),
)

OF_EVERY_ANSWER = (NO_SNIFFING,)
OF_PAGES = (NO_SNIFFING, *PAGE_FIELDS)
