/** The bucket of backups: a binding that an operator adds to wrangler.toml; undefined: there is none. */
export function backupBucket(env: object): R2Bucket | undefined {
  const binding: unknown = Reflect.get(env, "BACKUPS");
  return isBucket(binding) ? binding : undefined;
}

function isBucket(binding: unknown): binding is R2Bucket {
  return typeof binding === "object" && binding !== null && "put" in binding && "head" in binding;
}
