import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createPackageFromTarballData } from "@arethetypeswrong/core";

/** The folder of the package: the first argument of the script, or that of the client. */
export const PACKAGE = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
/** An app with the package installed. Inside of the repository the package finds its own dependencies. */
export const APP = join(PACKAGE, `../../dist/${basename(PACKAGE)}-app`);

/**
 * Packs the package as `npm publish` would, with what dist/ has.
 * @returns the tarball
 * @throws an Error if npm fails
 */
export function pack(): Uint8Array<ArrayBuffer> {
  rmSync(APP, { recursive: true, force: true });
  mkdirSync(APP, { recursive: true });
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", APP];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: PACKAGE, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed:\n${stdout}${stderr}`);
  const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  return new Uint8Array(readFileSync(join(APP, `${manifest.name}-${manifest.version}.tgz`)));
}

/** Unpacks the tarball where an app's bundler looks for it. @returns the paths of its files */
export function install(tarball: Uint8Array): string[] {
  const unpacked = createPackageFromTarballData(tarball);
  const prefix = "/node_modules/";
  const paths = unpacked.listFiles();
  for (const path of paths) {
    const file = join(APP, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, unpacked.readFile(path));
  }
  return paths.map((path) => path.slice(prefix.length));
}
