export { createFixtureValues } from "./messages.ts";
