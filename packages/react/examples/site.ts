import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";

const TERMINAL = join(import.meta.dirname, "terminal");

/** Builds the page of the example, with React itself. @returns a server of it, which does not listen yet */
export async function site(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [join(TERMINAL, "main.tsx")],
    ...{ bundle: true, format: "esm", target: "es2023", jsx: "automatic", write: false },
    // The sources of the packages: an app has them from npm.
    tsconfig: join(import.meta.dirname, "tsconfig.json"),
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files: Record<string, [type: string, content: string]> = {
    "/main.js": ["text/javascript", outputFiles[0]?.text ?? ""],
    "/style.css": ["text/css", readFileSync(join(TERMINAL, "style.css"), "utf8")],
    "/": ["text/html", readFileSync(join(TERMINAL, "index.html"), "utf8")],
  };
  return createServer(({ url = "/" }, response) => {
    const [type, content] = files[new URL(url, "http://site").pathname] ?? ["text/plain", ""];
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    response.end(content);
  });
}
