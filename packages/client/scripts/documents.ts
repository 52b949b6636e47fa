/**
 * Part of `npm run check`: checks the types of the code in README.md and docs/ of a package, that of the
 * client or one in another folder. Each block behind `<!-- check -->` is a module of its own. Wants dist/.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PACKAGE } from "./packed.ts";

const NAME = basename(PACKAGE);
/** Inside of the repository, where the compiler finds the packages. */
const FOLDER = join(PACKAGE, `../../dist/${NAME}-docs`);
const BLOCK = /<!-- check -->\n```(tsx?)\n(.*?)```/gs;
const MARKED = /<!-- check -->/g;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
let count = 0;
for (const path of globSync(["README.md", "docs/*.md"], { cwd: PACKAGE })) {
  const text = readFileSync(join(PACKAGE, path), "utf8");
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length !== [...text.matchAll(MARKED)].length)
    throw new Error(`${NAME}/${path}: a mark without code`);
  for (const [at, [, extension = "ts", code = ""]] of blocks.entries()) {
    writeFileSync(join(FOLDER, `${basename(path, ".md")}-${at + 1}.${extension}`), `${code}\nexport {};\n`);
    count++;
  }
}
const config = {
  extends: "../../tsconfig.base.json",
  compilerOptions: {
    lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
    types: NAME === "server" ? ["node"] : [],
    jsx: "react-jsx",
    noImplicitReturns: false,
  },
  include: ["."],
};
writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
console.log(`${count} pieces of code in the documents of parley-${NAME}`);
process.exitCode = spawnSync("tsc", ["-p", FOLDER], { stdio: "inherit" }).status ?? 1;
