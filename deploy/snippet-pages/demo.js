// What a site adds of its own: the banner, and calls that may come before the snippet has loaded.
"use strict";
window.contatto = window.contatto && window.contatto.push ? window.contatto : [];
const find = (id) => document.getElementById(id);
const show = () => {
  find("state").textContent = "visitor: " + (contatto.visitor ? contatto.visitor() : "not loaded");
};
const tell = (...call) => () => {
  contatto.push(call);
  find("banner").hidden = find("banner").hidden || call[0] === "consent";
  show();
};
find("order").onclick = tell("track", "Product Added", { product: "Miscela 7", price: 7.5 });
find("login").onclick = tell("identify", "anna", { name: "Anna Bianchi" });
find("logout").onclick = tell("reset");
find("yes").onclick = tell("consent", true);
find("no").onclick = tell("consent", false);
contatto.push(["ready", (loaded) => {
  find("banner").hidden = loaded.visitor() !== null;
  show();
  document.documentElement.dataset.ready = "yes";
}]);
