/** The forms in which the server stores texts, and in which its search compares them, too. */
export { comparisonForm, storedForm } from "../../../../src/lib/text-forms.ts";
