// Part of the demo's page: draws the diagrams, as GitHub does, and marks the end of it for the check of the page.
mermaid.initialize({ startOnLoad: false, suppressErrorRendering: true });
mermaid
  .run()
  .catch(({ message }) => console.error(message))
  .finally(() => document.documentElement.setAttribute('data-drawn', ''));
