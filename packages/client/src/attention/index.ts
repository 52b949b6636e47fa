export { type Attention, attentionOf, badgeOf, isMuted, nextEnd } from "./attention.ts";
export { messageOf } from "./message.ts";
export { type Known, know, type News, NOTHING, newsOf, type Reason, stands } from "./news.ts";
export { type NewsListener, watchNews } from "./watch.ts";
