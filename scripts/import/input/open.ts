import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { ImportFailure } from "../failure.ts";
import { FolderSource } from "./folder.ts";
import type { Source } from "./source.ts";
import { ZipSource } from "./zip.ts";

/** Opens an export. @throws ImportFailure if there is none at `path` */
export async function openSource(path: string): Promise<Source> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new ImportFailure(`There is no file or folder ${path}.`);
  if (stats.isDirectory()) return new FolderSource(path, resolve(path));
  if (/\.zip$/i.test(path)) return ZipSource.open(path);
  return new FolderSource(path, dirname(resolve(path)), basename(path));
}
