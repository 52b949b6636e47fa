export { scene } from "./messages.ts";
