/* The switch of the colours: the system's, light, dark. Each page puts on what was chosen before it
   is drawn (main.html); this changes it. */
(() => {
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const SAYS = {
    system: "Colours as the system has them: switch to light",
    light: "Light colours: switch to dark",
    dark: "Dark colours: switch to those of the system",
  };
  const button = document.querySelector(".scheme");

  const tell = () => (button.title = button.ariaLabel = SAYS[document.body.dataset.scheme]);

  button.addEventListener("click", () => {
    const choice = NEXT[document.body.dataset.scheme];
    try {
      localStorage.setItem("ceiling-scheme", choice);
    } catch {} // a browser that keeps nothing: the choice holds for this page
    wear(choice);
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => wear(document.body.dataset.scheme));
  tell();
})();
