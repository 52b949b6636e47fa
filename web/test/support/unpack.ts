/**
 * `node web/test/support/unpack.ts`: unpacks the Chromium of `@sparticuz/chromium` into `TMPDIR`, and its
 * libraries if the environment is that of AWS, for which the package is made.
 */
import chromium from "@sparticuz/chromium";

await chromium.executablePath();
