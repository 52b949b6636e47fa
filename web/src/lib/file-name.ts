/** The server takes names of so many characters. */
const MAX_NAME = 255;
/** Characters without a glyph that file names of other systems have, and those that turn a text around. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The name of a file as the server takes it. */
export function fileName(name: string): string {
  const clean = name.replace(HIDDEN, "").replace(/[\p{Cc}\p{Zl}\p{Zp}/\\]/gu, "_");
  return /^\.{0,2}$/.test(clean) ? "file" : [...clean].slice(-MAX_NAME).join("");
}
