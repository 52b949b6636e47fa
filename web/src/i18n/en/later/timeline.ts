export const timeline = {
  "timeline.gone": "This message is not there any more.",
  "timeline.date": "Date",
  "timeline.goToDate": "Show this day",
  "reads.by": { other: "Read by {n}" },
  "reads.notBy": { other: "Not read by {n}" },
  "find.searching": "Searching …",
  "pins.none": "Nothing is pinned here.",
} as const;
