/** The same as the package itself: features are not divided here. */
export * from "./index.ts";
export { default } from "./index.ts";
