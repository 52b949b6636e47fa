/** Whether a file is left in folders and zips by operating systems, and no part of an export. */
export function isNoise(path: string): boolean {
  return path.split("/").some((part) => part === "__MACOSX" || part === ".DS_Store" || part.startsWith("._"));
}
