/** What a timeline shows behind its first view: one script has all of it. */
export { Announcer } from "./announcer.tsx";
export { NewMessagesBar, ToNewest } from "./guides.tsx";
