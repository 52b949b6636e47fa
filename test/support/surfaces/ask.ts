import { type WireAnswer, wire } from "../clients/wire.ts";
import type { ContractCall, SurfaceContract } from "./contract.ts";

/** A call of a surface with these fields. Undefined ones are left out. */
export function ask(
  contract: SurfaceContract,
  { method, path: pattern, place }: ContractCall,
  fields: Record<string, unknown>,
  token: string | undefined,
): Promise<WireAnswer> {
  const path = pathOf(contract, pattern, token);
  const headers = contract.headers(token);
  // One member makes more calls here than are allowed in a minute.
  const settings = { RATE_LIMITS: "off" };
  if (place === "body") return wire({ method, path, headers, body: JSON.stringify(fields), settings });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) query.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return wire({ method, path: `${path}?${query}`, headers, settings });
}

/** The path of a call, some of which have the token in it. */
export function pathOf(contract: SurfaceContract, path: string, token: string | undefined): string {
  return contract.pathOf ? contract.pathOf(path, token) : path;
}
