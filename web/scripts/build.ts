/** `npm run web:build`: builds the web client once. */
import { buildWeb } from "./bundle.ts";

await buildWeb();
