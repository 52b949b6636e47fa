import { allTexts } from "./i18n.ts";

// The build has each view that is loaded when it is needed import this module, and so wait for its texts.
await allTexts();
