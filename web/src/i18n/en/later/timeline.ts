export const timeline = {
  "timeline.gone": "This message is not there any more.",
  "timeline.date": "Date",
  "timeline.goToDate": "Show this day",
  "reads.by": { other: "Read by {n}" },
  "reads.notBy": { other: "Not read by {n}" },
  "find.words": "Any part of a message",
  "find.searching": "Searching …",
  "find.more": "Show more",
  "pins.none": "Nothing is pinned here.",
} as const;
