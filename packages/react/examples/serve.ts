/**
 * `npm run react:example`: the terminal of examples/terminal/, at http://localhost:5173. It talks to the
 * Parley of `npm run dev`, or to the one that `?url=` names.
 */
import { site } from "./site.ts";

const PORT = 5173;
(await site()).listen(PORT, () => console.log(`http://localhost:${PORT}`));
