/** Whether a file is what systems leave in folders and zips, and no part of an export. */
export function isNoise(path: string): boolean {
  return path.split("/").some((part) => part === "__MACOSX" || part === ".DS_Store" || part.startsWith("._"));
}
