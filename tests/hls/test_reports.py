"""Reports in the formats of Vivado HLS, Vitis HLS and Vivado."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.hls.reports import read_reports
from tinyrob.hls.reports_intel import read_intel_reports
from tinyrob.hls.synthesize import synthesize

CSYNTH = """<?xml version="1.0" encoding="UTF-8"?>
<profile>
<UserAssignments><unit>ns</unit><TargetClockPeriod>10.00</TargetClockPeriod></UserAssignments>
<PerformanceEstimates>
<SummaryOfTimingAnalysis><unit>ns</unit>
<EstimatedClockPeriod>7.262</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency><unit>clock cycles</unit><Best-caseLatency>210</Best-caseLatency>
<Worst-caseLatency>{latency}</Worst-caseLatency><Interval-min>100</Interval-min>
<Interval-max>101</Interval-max></SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
<Resources><BRAM_18K>4</BRAM_18K><{dsp}>12</{dsp}><FF>20111</FF>
<LUT>30222</LUT><URAM>0</URAM></Resources>
<AvailableResources><BRAM_18K>280</BRAM_18K><LUT>53200</LUT></AvailableResources>
</AreaEstimates>
</profile>
"""
UTILIZATION = """Utilization Design Information
1. Slice Logic
+-------------------------+-------+-------+-----------+-------+
|        Site Type        |  Used | Fixed | Available | Util% |
+-------------------------+-------+-------+-----------+-------+
| {kind} LUTs*             | 18345 |     0 |     53200 | 34.48 |
|   LUT as Logic          | 18001 |     0 |     53200 | 33.84 |
| {kind} Registers         | 21777 |     0 |    106400 | 20.47 |
2. Memory
| Block RAM Tile |  2.5 |     0 |       140 |  1.79 |
3. DSP
| DSPs      |   12 |     0 |       220 |  5.45 |
"""
COSIM = """+----------+----------+-----------------------+-----------------------+
|   RTL    |  Status  |  min  |  avg  |  max  |  min  |  avg  |  max  |
|      VHDL|        NA|     NA|     NA|     NA|     NA|     NA|     NA|
|   Verilog|      Pass|    254|    255|    256|    100|    101|    102|
"""


def _project(folder: Path, *, dsp: str = "DSP", kind: str = "CLB", latency: str = "256") -> Path:
    report = folder / "top_prj" / "solution1"
    (report / "syn" / "report").mkdir(parents=True)
    (report / "sim" / "report").mkdir(parents=True)
    csynth = CSYNTH.format(dsp=dsp, latency=latency)
    (report / "syn" / "report" / "top_csynth.xml").write_text(csynth)
    (report / "sim" / "report" / "top_cosim.rpt").write_text(COSIM)
    (folder / "vivado_synth.rpt").write_text(UTILIZATION.format(kind=kind))
    return folder


@pytest.mark.parametrize(("dsp", "kind"), [("DSP48E", "Slice"), ("DSP", "CLB")])
def test_each_tools_reports_give_the_same_figures(tmp_path: Path, dsp: str, kind: str) -> None:
    found = read_reports(_project(tmp_path, dsp=dsp, kind=kind), "top")
    assert found["csynth"]["clock_ns"] == 7.262
    assert (found["csynth"]["latency"], found["csynth"]["initiation_interval"]) == (256, 101)
    assert found["csynth"]["resources"] == {
        "bram_18k": 4, "dsp": 12, "ff": 20111, "lut": 30222, "uram": 0,
    }  # fmt: skip
    assert found["vivado"]["resources"] == {"lut": 18345, "ff": 21777, "bram_18k": 5, "dsp": 12}
    assert found["cosim"] == {"passed": True, "latency": 256, "initiation_interval": 102}


def test_a_latency_that_the_tool_does_not_know_is_none(tmp_path: Path) -> None:
    found = read_reports(_project(tmp_path, latency="undef"), "top")
    assert found["csynth"]["latency"] is None


def test_no_report_is_no_figure(tmp_path: Path) -> None:
    assert read_reports(tmp_path, "top") == {}


@pytest.mark.parametrize(
    "name", ["top_prj/solution1/syn/report/top_csynth.xml", "vivado_synth.rpt"]
)
def test_a_damaged_report_is_named(tmp_path: Path, name: str) -> None:
    project = _project(tmp_path)
    (project / name).write_text("<profile>")
    with pytest.raises(BuildError, match=Path(name).name):
        read_reports(project, "top")


def test_a_missing_tool_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing) as caught:
        synthesize(tmp_path, "top", "vitis")
    assert "settings64.sh" in str(caught.value.hint)


def test_a_tool_that_runs_leaves_real_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, tools = _project(tmp_path / "p"), tmp_path / "bin"
    tools.mkdir()
    for tool in ("vitis_hls", "vivado"):
        (tools / tool).write_text("#!/bin/sh\nexit 0\n")
        (tools / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    found = synthesize(project, "top", "vitis")
    assert found["tool"] == "vitis_hls"
    assert found["vivado"]["resources"]["lut"] == 18345
    (tools / "vitis_hls").write_text(
        "#!/bin/sh\necho 'INFO: x'\necho 'ERROR: [HLS 200-70] no'\nexit 1\n"
    )
    with pytest.raises(BuildError, match="HLS 200-70"):
        synthesize(project, "top", "vitis")


AREA = """var areaJSON={"columns":["","ALUTs","FFs","RAMs","DSPs","MLABs","Details"],
"total_percent":[17.2,9.1,9.9,2.1,0.4],"total":[81234,99321,45,7,3],"name":"Kernel System",
"max_resources":[503360,1006720,2131,1687,12600],"children":[{"name":"top","data":[1,2,3,4,5]}]};
var fileJSON=[];
"""
VERIFICATION = """var verifJSON={"functions":[{"name":"top","data":
[40,"201,260,230.5","190,194,191"],"details":[]}]};
"""
QUARTUS = """var quartusJSON={"quartusFitClockSummary":{"name":"Quartus Fit Summary","nodes":[
{"name":"Clock","type":"resource","clock":"231.5"}]},"quartusFitResourceUsageSummary":{"nodes":[
{"name":"top","alm":"1,234.5","reg":"22","dsp":"3","ram":"4","mlab":"0"},
{"name":"total","alm":"41,234.0","reg":"98,000","dsp":"7","ram":"45","mlab":"3"}]}};
"""


def _intel(folder: Path, **files: str) -> Path:
    reports = folder / "top-fpga.prj" / "reports" / "lib"
    reports.mkdir(parents=True)
    for name, text in files.items():
        (reports / f"{name}.js").write_text(text)
    return folder


def test_intels_reports_give_the_same_kinds_of_figures(tmp_path: Path) -> None:
    project = _intel(
        tmp_path, report_data=AREA, verification_data=VERIFICATION, quartus_data=QUARTUS
    )
    found = read_intel_reports(project, "top")
    assert found["csynth"]["resources"] == {
        "lut": 81234, "ff": 99321, "bram_18k": 45, "dsp": 7, "mlab": 3,
    }  # fmt: skip
    assert found["cosim"] == {"passed": True, "latency": 260, "initiation_interval": 194}
    assert found["quartus"] == {
        "clock_mhz": 231.5,
        "resources": {"alm": 41234, "ff": 98000, "dsp": 7, "bram_18k": 45, "mlab": 3},
    }


def test_what_intels_tools_have_not_done_yet_is_no_figure(tmp_path: Path) -> None:
    waiting = 'var quartusJSON={"quartusFitClockSummary":{"nodes":[{"clock":"TBD"}]}};'
    project = _intel(
        tmp_path,
        report_data=AREA,
        verification_data="var verifJSON={};\n",
        quartus_data=waiting,
    )
    assert set(read_intel_reports(project, "top")) == {"csynth"}
    assert read_intel_reports(tmp_path / "elsewhere", "top") == {}


@pytest.mark.parametrize("name", ["report_data", "verification_data", "quartus_data"])
@pytest.mark.parametrize(
    "text", ["", "var areaJSON={};var verifJSON={functions};var quartusJSON={}"]
)
def test_a_damaged_report_of_intels_is_named(tmp_path: Path, name: str, text: str) -> None:
    project = _intel(tmp_path, **{name: text})
    with pytest.raises(BuildError, match=rf"{name}\.js is not a report"):
        read_intel_reports(project, "top")


def test_intels_compiler_is_called_through_the_projects_makefile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, tools = _intel(tmp_path / "p", report_data=AREA), tmp_path / "bin"
    tools.mkdir()
    for tool in ("i++", "quartus_sh"):
        (tools / tool).write_text("#!/bin/sh\nexit 0\n")
        (tools / tool).chmod(0o755)
    (project / "Makefile").write_text('synthesize:\n\techo "$(COMPILE)" > called\n')
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    found = synthesize(project, "top", "quartus")
    assert found["tool"] == "i++"
    assert found["csynth"]["resources"]["lut"] == 81234
    assert (project / "called").read_text() == "--quartus-compile\n"
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(ToolMissing, match=r"i\+\+ is not on PATH") as caught:
        synthesize(project, "top", "quartus")
    assert "init_hls.sh" in str(caught.value.hint)
