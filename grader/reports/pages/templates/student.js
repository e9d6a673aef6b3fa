"use strict";
// Add a button to every recorded call that copies the call as code. Without scripts, a click on the code selects it.
const { copy, copied } = document.querySelector("main").dataset;
for (const code of document.querySelectorAll("pre.call")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy screen";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    const selection = getSelection();
    selection.selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      document.execCommand("copy");  // browsers may deny the clipboard to a page that is opened from a file
    }
    button.textContent = copied;
  });
  code.before(button);
}
