/** The form in which the server's search compares texts, too. */
export { comparisonForm } from "../../../../src/lib/text-forms.ts";
