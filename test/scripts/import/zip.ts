import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";

const DEFLATE = 8;
const UTF8_NAMES = 0x800;
/** Numbers of 2 or 4 bytes, each with its size. */
type Field = [size: 2 | 4, value: number];

/** A zip of all files of a folder. */
export function zipOf(folder: string): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const { parentPath, name: file } of files) {
    const path = join(parentPath, file);
    const bytes = readFileSync(path);
    const packed = deflateRawSync(bytes);
    const name = Buffer.from(relative(folder, path).replaceAll(sep, "/"));
    const how: Field[] = [
      [2, 20],
      [2, UTF8_NAMES],
      [2, DEFLATE],
      [2, 0],
      [2, 0x21],
      [4, crc32(bytes)],
    ];
    const sizes: Field[] = [
      [4, packed.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ];
    const common = [...how, ...sizes];
    const local = Buffer.concat([fields([4, 0x04034b50], ...common), name, packed]);
    const rest: Field[] = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    ];
    directory.push(fields([4, 0x02014b50], [2, 20], ...common, ...rest), name);
    parts.push(local);
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const count = files.length;
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, list.length],
    [4, at],
    [2, 0],
  );
  return Buffer.concat([...parts, list, end]);
}

function fields(...all: Field[]): Buffer {
  const bytes = Buffer.alloc(all.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of all) {
    bytes.writeUIntLE(value, at, size);
    at += size;
  }
  return bytes;
}
