/** What a paste brings: a text, or files. */
export { pastedFiles } from "./pasted-files.ts";
