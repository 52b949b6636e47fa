/** A path of Windows, from its first backslash on. Nothing in it is a mark of our Markdown. */
export const WINDOWS_PATH = /(?:(?<=\b[a-z]:)\\|(?<!\S)\\\\(?=\w))(?:\\*[^\s*|"<>`[\]\\:])*/i;
