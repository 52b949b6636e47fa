import { z } from "zod";

/**
 * What a message brings besides words: `media` are images and videos, `file` and `audio` the kinds of these
 * names, `link` is a text with an address (`://`).
 */
export const AttachmentType = z.enum(["media", "file", "audio", "link"]);
export type AttachmentType = z.infer<typeof AttachmentType>;
