import { computed } from "@preact/signals";
import { recentEmoji } from "../../ui/emoji/picked.ts";

/** So many emoji are offered without the picker. */
const OFFERED = 6;
/** What is offered before the user has picked any. */
const USUAL = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/** The emoji at hand for a reaction: those that the user has picked of late, then usual ones. */
export const quickEmoji = computed(() => [...new Set([...recentEmoji.value, ...USUAL])].slice(0, OFFERED));
