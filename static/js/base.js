/* Marks the page as scripted, so that what only serves readers without JavaScript can step aside. */
"use strict";

document.documentElement.classList.add("has-js");
