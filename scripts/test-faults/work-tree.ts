import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, faulty } from "./fault.ts";

/**
 * A tree of the last commit in a temporary folder, which faults are put into. It goes when it is disposed of.
 */
export class WorkTree implements Disposable {
  readonly folder: string;
  readonly #root: string;

  /** @param root of the repository, whose dependencies the tree shares */
  constructor(root: string) {
    this.#root = root;
    this.folder = join(mkdtempSync(join(tmpdir(), "parley-faults-")), "tree");
    // A run that is ended from outside leaves no tree either.
    process.once("exit", () => this[Symbol.dispose]());
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    execFileSync("git", ["worktree", "add", "--quiet", "--detach", this.folder, "HEAD"], { cwd: root });
    share(join(root, "node_modules"), join(this.folder, "node_modules"), isInstalled);
  }

  /** Puts a fault into its file, until what this returns is disposed of. */
  put(fault: Fault): Disposable {
    const path = join(this.folder, fault.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, faulty(fault, text));
    return { [Symbol.dispose]: () => writeFileSync(path, text) };
  }

  [Symbol.dispose](): void {
    rmSync(join(this.folder, ".."), { recursive: true, force: true });
    execFileSync("git", ["worktree", "prune"], { cwd: this.#root });
  }
}

/** Caches of tools, whose names begin with a dot, have the paths and the code of the tree that wrote them. */
function isInstalled(name: string): boolean {
  return !name.startsWith(".") || name === ".bin";
}

/**
 * Has a folder a second time, with links to the bytes of its files where the file system can. Symbolic links
 * stay as they are: those of workspaces lead into the tree in which they are.
 */
function share(from: string, to: string, isWanted: (name: string) => boolean = () => true): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!isWanted(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) share(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else shareFile(source, target);
  }
}

function shareFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // The temporary folder is on another disk.
    copyFileSync(from, to);
  }
}
