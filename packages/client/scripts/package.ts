/**
 * Part of `npm run check`: a package as npm would publish it, that of the client or one in another folder.
 * publint judges its manifest and files, arethetypeswrong whether all module resolutions find the types.
 * Wants dist/; needs no network.
 */
import { basename } from "node:path";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { PACKAGE, pack } from "./packed.ts";

/** Resolutions that a package of ES modules alone cannot serve: that of before `exports`, and `require`. */
const UNSERVED = ["node10", "node16-cjs"];

const tarball = pack();
const wrong = [...(await manifestProblems()), ...(await typeProblems())];
for (const line of wrong) console.error(line);
console.log(`parley-${basename(PACKAGE)} packed: ${tarball.length} bytes, ${wrong.length} problems`);
process.exitCode = wrong.length > 0 ? 1 : 0;

async function manifestProblems(): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
}

async function typeProblems(): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (result.types === false) return ["arethetypeswrong: the package has no types"];
  return result.problems
    .filter((problem) => !isUnserved(problem))
    .map((problem) => `arethetypeswrong: ${JSON.stringify({ ...problem, trace: undefined })}`);
}

function isUnserved(problem: Problem): boolean {
  return "resolutionKind" in problem && UNSERVED.includes(problem.resolutionKind);
}
