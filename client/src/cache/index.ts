/** The version of the schema of the cache. */
export const CACHE_SCHEMA_VERSION = 1;
