r"""Literate: pages that are programs.

Reads jupytext Markdown, executes it in forked workers, caches what a page used, and writes
a tree of native Material Markdown that MkDocs and Zensical build alike. The builder knows
pages, cells and outputs; what a site makes of them hangs on the hooks in `[tool.literate]`.

# The language of a page

| In the source | On the site |
| --- | --- |
| a `python` fence in column 0 | an executed cell with its outputs; the last expression is shown unless it ends in `;` |
| `caption="…"` and `alt="…"` in its first line | caption and alternative text of the one figure that it draws; both are required |
| `frames="training step"` there, too | a slider over the figures that it draws, each with its value as `figure.set_label("step 3")`; `{frame}` in `alt` stands for that label |
| `tags=["hide-input"]`, `remove-input`, `remove-output`, `remove-cell`, `raises-exception` | folded code; no code; no output; neither; an error that is expected and shown |
| a paragraph that is only `[Name](../src/module.py#Name)` | the source of that object |
| `<!-- insert: name -->` | what the function registered under `[tool.literate.inserts]` returns |
| a link to another source file | a link to its page, or plain text while that page is not published |
| `$…$`, `$$…$$` | MathML; a final `\tag{3}` becomes the number of the equation |

Any other fence is shown as it is: `pycon`, `console`, `text`, `{.python}`.

# The hooks

`[tool.literate.hooks]` names functions as `module:function`. Each gets the site, most of them
a page as well ([`Site`][literate.site.Site], [`Page`][literate.page.Page]), and none has to
import the builder.

| Hook | Is called | Returns |
| --- | --- | --- |
| `check(site)` | before anything runs | nothing; mistakes go to `site.report(source, line, message)` |
| `published(site, page)` | then | whether the page has a place on the site |
| `names(site, page)` | for each page that is rendered | code names in its prose, and the reference that each is linked to |
| `terms(site, page)` | likewise | terms, and each one's link; its first use becomes the link |
| `meta(site, page)` | likewise | the front matter of the woven page |
| `head(site, page)`, `foot(site, page)` | likewise | Markdown after the title and at the end |
| `pages(site)` | after all pages | further pages and files: their place, and their text or bytes |
| `navigation(site)` | last | the navigation, in MkDocs' form |

A page hands over structured data by displaying an object with a MIME type of the site's own.
`[tool.literate.renderers]` names what turns that type into Markdown, and `site.gather(type)`
lists all such outputs, for a ledger or an index.

# What counts as used

While a page runs, audit events record the first-party modules that it imported, the project's
files that it read and the folders that it listed. Its outcome is kept under the code of its
cells, the syntax trees of those modules without docstrings, the contents of those files and
folders, the versions of what it ran on, the device and the scale. Of another page's source only
the front matter and the title count: pages draw each other's numbers, and do not read each
other's prose.

A site's own code that reads front matter can say which of it a page uses, through audit events
and thus without importing the builder; where no build listens, they do nothing.
`sys.audit("literate.facts", path)`, once after each time that it opened the file, takes this
reading back: the file as a whole does not count. `sys.audit("literate.fact", path, key)`, when a
value is used, makes this one count instead. The key is a word of the front matter, or words joined
by dots for what stands below (`scale.compute`), and empty for the title: the first heading, or
else the `title`. Values count as YAML reads them, not as they are laid out. Whoever opens the
file and says nothing still depends on all of its front matter.

Three things raise no event and are not noticed: asking whether a file exists, a
module that appears after an `ImportError` was caught, and whatever another process reads for the
page.
"""  # noqa: E501 - rows of tables
