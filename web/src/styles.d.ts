/** The text of a style sheet, in the bundle of the element alone; the page links its sheet. */
declare module "*.css" {
  const text: string;
  export default text;
}
