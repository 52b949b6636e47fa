import { lazy } from "../lazy.tsx";

/** All emoji, loaded when they are first shown. @see {@link ./emoji-picker.tsx} */
export const EmojiPicker = lazy(async () => (await import("./emoji-picker.tsx")).EmojiPicker);
