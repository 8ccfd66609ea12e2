"""How a timeline's page looks, on a screen and on paper. Zooming is a choice of widths: no script is needed."""

ZOOMS = (1, 2, 4, 8, 16, 32)


def _zoom_rules() -> str:
    """Wider lanes, and more marks on the ruler."""
    rules = []
    for zoom in ZOOMS:
        ticks = ",".join(f"#zoom{zoom}:checked~.scroll .from{lower}" for lower in ZOOMS if lower <= zoom)
        rules.append(f"#zoom{zoom}:checked~.scroll .lanes{{width:{zoom * 100}%}}{ticks}{{display:block}}")
    return "".join(rules)


TIMELINE_STYLE = """
body{max-width:100rem}
.held{position:absolute;width:0;height:0}
.zoom>span,.zoom>label{font-size:.9rem}
.zoom>input{margin:0 .3rem 0 .9rem;vertical-align:-.1em}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0;background:#fff}
.lanes{min-width:100%;padding-bottom:.4rem}
.lane{display:flex;min-height:1.5rem}
.lane>b{position:sticky;left:0;z-index:2;flex:none;width:11rem;padding:.1rem .6rem;background:#fff;font-weight:500;
font-size:.85rem;line-height:1.3rem;border-right:1px solid var(--line);overflow:hidden;text-overflow:ellipsis;
white-space:nowrap}
.lane>div{position:relative;flex:1;margin-right:1.5rem;border-bottom:1px solid #eef0f3}
.bar{position:absolute;top:.2rem;bottom:.2rem;min-width:3px;background:var(--tone);opacity:1;border-radius:2px}
.bar em{position:absolute;inset:0;overflow:hidden;font:500 .75rem/1.1rem system-ui,sans-serif;padding:0 .25rem;
color:#fff;white-space:nowrap;text-overflow:ellipsis}
.bar:hover{outline:2px solid var(--ink);z-index:1}
.tip{display:none;position:fixed;left:1rem;bottom:1rem;z-index:3;max-width:40rem;padding:.6rem .9rem;color:#fff;
background:#16191d;border-radius:.4rem;box-shadow:0 .3rem 1.2rem #0006;font-size:.95rem;overflow-wrap:anywhere}
.tip svg{display:block;width:22rem;max-width:100%;height:auto;margin-bottom:.4rem}
.bar:hover .tip{display:block}
.ruler{height:1.6rem}.ruler i{display:none;position:absolute;bottom:0;padding-left:.25rem;border-left:1px solid #8d96a3;
font:normal .75rem/1.1rem system-ui,sans-serif;color:var(--quiet);font-variant-numeric:tabular-nums}
.shots .bar{background:#48515d;border-radius:0;border-right:1px solid #fff}
.lane.shots{height:5.6rem}.shots .bar em{display:flex;gap:.5rem;padding:0;line-height:1.5rem}
.shots em svg{flex:none;width:min(100%,calc(5.2rem*var(--aspect)));height:100%}
.cues .bar{--tone:#5a6472}.cues .BlackFrames{--tone:#16191d}.cues .ColorBars{--tone:#8a3d8f}
.cues .EndCredits,.cues .OpeningCredits{--tone:#7a4d00}.cues .Slate{--tone:#005f86}
.cues .Content{background:#dfe4ea}.cues .Content em{color:var(--ink)}
.lane.faces{height:3.6rem}.faces .bar em{line-height:1rem}
.faces .bar{--tone:#0067a3;top:auto;bottom:.2rem;height:calc((100% - .4rem)*var(--strength,1))}
.content .bar{--tone:#b3123f}.text .bar{--tone:#6c4bb0}.labels .bar{--tone:#1b6e3c}
.card>svg{display:block;width:100%;height:auto;background:#222}
.cards{grid-template-columns:repeat(auto-fill,minmax(11rem,1fr))}
@media print{
.zoom>input,.zoom>label,.zoom>span,.hint,.tip{display:none!important}
.scroll{overflow:hidden}.zoom .scroll .lanes{width:100%!important}.zoom .scroll .ruler i{display:none!important}
.zoom .scroll .ruler i.from1{display:block!important}
.lane{break-inside:avoid;min-height:1.3rem}.lane>b{width:10rem}
.bar{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
""" + _zoom_rules()
