export const requests = {
  "requests.title": "Message requests",
  "requests.one": "Message request",
  "requests.open": { one: "{n} message request", other: "{n}{more} message requests" },
  "requests.none": "Nobody is asking. Who has to ask first is in your settings.",
  "requests.direct": "Wants to write to you",
  "requests.group": "{name} wants to add you to this group",
  "requests.hint": "Until you accept, they see neither that you have read this nor whether you are online.",
  "requests.messages": "What they have written",
  "requests.ignore": "Ignore",
  "requests.ignored": "The request is shown no more.",
  "requests.reportQuestion":
    "The moderators see who asks, and their newest messages. The request is shown no more.",
} as const;
