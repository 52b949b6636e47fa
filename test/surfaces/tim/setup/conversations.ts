export { createValues } from "./messages.ts";
