import * as core from "parley-client";
import * as cache from "parley-client/cache";
import * as react from "parley-client/react";

/** A small app: `client/scripts/bundles.ts` builds it by each bundler and runs what comes out. */
console.log(Object.keys({ ...core, ...cache, ...react }).length);
