/** What the deployment calls the page: the title that it was served with. */
export const BRAND = document.title;
