import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder on a disk of its own, which a test can fill. */
export interface Disk {
  readonly folder: string;
  /** Takes what is left of the disk. @returns frees it */
  fill(): () => void;
}

/**
 * Makes a file system in a file, and mounts it until the test ends.
 * @param size in bytes
 * @returns a string: why this machine does not let the test do so
 */
export function mountDisk(size: number): Disk | string {
  const base = mkdtempSync(join(tmpdir(), "parley-disk-"));
  const [image, folder] = [join(base, "image"), join(base, "disk")];
  writeFileSync(image, "");
  truncateSync(image, size);
  mkdirSync(folder);
  try {
    execFileSync("mkfs.ext4", ["-q", "-m", "0", image], { stdio: "pipe" });
    execFileSync("mount", ["-o", "loop", image, folder], { stdio: "pipe" });
  } catch (error) {
    rmSync(base, { recursive: true });
    return String(error);
  }
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmSync(base, { recursive: true, force: true });
  });
  return { folder, fill: () => fill(join(folder, "ballast")) };
}

function fill(path: string): () => void {
  const file = openSync(path, "w");
  // The last blocks, too.
  for (const bytes of [2 ** 22, 2 ** 12]) {
    const zeros = Buffer.alloc(bytes);
    try {
      for (;;) writeSync(file, zeros);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
  closeSync(file);
  return () => rmSync(path);
}
