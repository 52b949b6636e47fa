import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DeployFailure } from "../deploy/failure.ts";

export const HELP = `npm start -- [--data <folder>] [--port 8787] [--host 127.0.0.1]

Runs Parley on this machine, for good: no account, no proxy, no network but that of its users.

  --data <folder>     where everything is kept (DATA_DIR); absent: ./data. One server runs on a folder
  --port <number>     where it listens (PORT); absent: 8787
  --host <address>    on which address of this machine (HOST); 0.0.0.0: on all; absent: 127.0.0.1
  --tls-cert <file>   certificate and key in PEM (TLS_CERT, TLS_KEY): https by itself; absent: http, as
  --tls-key <file>    behind a proxy like Caddy or nginx
  --proxy <list>      addresses and networks of proxies that may state a client's address (PROXIES), like
                      127.0.0.1,10.0.0.0/8; absent: none
  --build             builds the server and the page, and ends: for a server that may not write here
  --roll-back         start although the next release has migrated the state

Settings (docs/settings.md) come from the environment, else from settings.env in the folder. Secrets are made
at the first start, in secrets.env there.`;

/** How a server is started. */
export interface Options {
  /** nothing but the build is asked for */
  readonly buildsOnly: boolean;
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly proxies: readonly string[];
  /** whether the release after this one may have migrated the database */
  readonly isRollBack: boolean;
}

/** Reads flags, and the environment where a flag is absent. @returns null: help is asked for */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | null {
  const text = { type: "string" } as const;
  const boolean = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ data: text, port: text, host: text, "tls-cert": text, "tls-key": text, proxy: text },
      ...{ build: boolean, "roll-back": boolean, help: boolean },
    },
  });
  if (values.help) return null;
  const given = (flag: string | undefined, name: string) => flag ?? (env[name]?.trim() || undefined);
  const port = Number(given(values.port, "PORT") ?? 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new DeployFailure(`--port takes a number from 0 to 65535.`);
  const cert = given(values["tls-cert"], "TLS_CERT");
  const key = given(values["tls-key"], "TLS_KEY");
  if ((cert === undefined) !== (key === undefined))
    throw new DeployFailure("--tls-cert and --tls-key go together.");
  const proxies = given(values.proxy, "PROXIES") ?? "";
  return {
    buildsOnly: values.build === true,
    data: resolve(given(values.data, "DATA_DIR") ?? "data"),
    port,
    host: given(values.host, "HOST") ?? "127.0.0.1",
    tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    proxies: proxies
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== ""),
    isRollBack: values["roll-back"] ?? false,
  };
}
