/**
 * Part of `npm run check`: checks the types of the code in README.md and docs/. Each block
 * behind `<!-- check -->` is a module of its own. Wants dist/.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const CLIENT = join(import.meta.dirname, "..");
/** Inside of the repository, where the compiler finds the packages. */
const FOLDER = join(CLIENT, "../../dist/client-docs");
const BLOCK = /<!-- check -->\n```(tsx?)\n(.*?)```/gs;
const MARKED = /<!-- check -->/g;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
let count = 0;
for (const path of globSync(["README.md", "docs/*.md"], { cwd: CLIENT })) {
  const text = readFileSync(join(CLIENT, path), "utf8");
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length !== [...text.matchAll(MARKED)].length)
    throw new Error(`client/${path}: a mark without code`);
  for (const [at, [, extension = "ts", code = ""]] of blocks.entries()) {
    writeFileSync(join(FOLDER, `${basename(path, ".md")}-${at + 1}.${extension}`), `${code}\nexport {};\n`);
    count++;
  }
}
const config = {
  extends: "../../tsconfig.base.json",
  compilerOptions: {
    lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
    jsx: "react-jsx",
    noImplicitReturns: false,
  },
  include: ["."],
};
writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
console.log(`${count} pieces of code in the documents of the client`);
process.exitCode = spawnSync("tsc", ["-p", FOLDER], { stdio: "inherit" }).status ?? 1;
