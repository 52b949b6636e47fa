export { messageOf } from "./message.ts";
export { type Known, know, type News, NOTHING, newsOf, type Reason, stands } from "./news.ts";
export { type NewsListener, watchNews } from "./watch.ts";
