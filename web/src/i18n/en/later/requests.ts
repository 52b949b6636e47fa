export const requests = {
  "requests.title": "Message requests",
  "requests.one": "Message request",
  "requests.open": { one: "{n} message request", other: "{n}{more} message requests" },
  "requests.none": "There are no requests.",
  "requests.who": "Choose who has to ask first",
  "requests.direct": "Wants to write to you",
  "requests.group": "{name} wants to add you to this group",
  "requests.hint": "Until you accept, they see neither that you have read this nor whether you are online.",
  "requests.messages": "What they have written",
  "requests.ignore": "Ignore",
  "requests.ignored": "The request is no longer shown.",
  "requests.reportQuestion":
    "The moderators see who asks, and their newest messages. The request is no longer shown.",
} as const;
