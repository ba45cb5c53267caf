// Between bytes in memories and the network's streams: an int8 value is a byte there, and here a
// value of IN_BITS or OUT_BITS beside the others of its beat, without the zero point.
// While `run` is high, every byte is fetched once (`read` is what `from` named a cycle with `fetch`
// ago), and each result is put once, the last one with `last`.
module board_stream #(
    parameter IN_COUNT = 64, IN_LANES = 1, IN_BITS = 8, IN_ZERO = 0,
    parameter OUT_COUNT = 10, OUT_LANES = 10, OUT_BITS = 8, OUT_SIGNED = 1, OUT_ZERO = 0,
    parameter IB = 6, OB = 4 // bits of an input's and an output's place
) (
    input wire clk, input wire rst, input wire run,
    output wire fetch, output wire [IB-1:0] from, input wire [7:0] read,
    output wire put, output wire [OB-1:0] to, output wire [7:0] result, output wire last,
    output wire in_valid, input wire in_ready, output wire [IN_LANES*IN_BITS-1:0] in_data,
    input wire out_valid, output wire out_ready, input wire [OUT_LANES*OUT_BITS-1:0] out_data
);
    localparam FB = $clog2(IN_COUNT + 1), NB = $clog2(IN_LANES + 1);
    localparam [31:0] IN_OFFSET = IN_ZERO, OUT_OFFSET = OUT_ZERO;
    reg [FB-1:0] next;
    reg have, full;
    reg [NB-1:0] lane;
    reg [IN_LANES*IN_BITS-1:0] gathered;
    wire take = have && (!full || in_ready);
    wire last_lane = {{(32 - NB){1'b0}}, lane} == IN_LANES - 1;
    wire some = {{(32 - FB){1'b0}}, next} < IN_COUNT;
    wire [IN_BITS-1:0] moved = read[IN_BITS-1:0] - IN_OFFSET[IN_BITS-1:0];
    wire [(IN_LANES+1)*IN_BITS-1:0] joined = {moved, gathered};
    assign fetch = !have || take;
    assign from = next[IB-1:0];
    assign in_valid = full;
    assign in_data = gathered;
    always @(posedge clk)
        if (rst || !run) begin
            next <= 0; have <= 1'b0; full <= 1'b0; lane <= 0;
        end else begin
            if (fetch) begin
                have <= some;
                if (some) next <= next + 1'b1;
            end
            if (take) begin
                gathered <= joined[(IN_LANES+1)*IN_BITS-1:IN_BITS];
                lane <= last_lane ? 0 : lane + 1'b1;
                full <= last_lane;
            end else if (in_ready) full <= 1'b0;
        end

    localparam LB = $clog2(OUT_LANES + 1);
    reg [OUT_LANES*OUT_BITS-1:0] beat;
    reg [LB-1:0] lanes;
    reg [OB-1:0] done;
    wire [OUT_BITS-1:0] low = beat[OUT_BITS-1:0];
    wire sign = OUT_SIGNED != 0 && low[OUT_BITS-1];
    wire [8:0] extended = {{(9 - OUT_BITS){sign}}, low};
    assign out_ready = run && lanes == 0;
    assign put = run && lanes != 0;
    assign to = done;
    assign result = extended[7:0] + OUT_OFFSET[7:0];
    assign last = {{(32 - OB){1'b0}}, done} == OUT_COUNT - 1;
    always @(posedge clk)
        if (rst || !run) begin
            lanes <= 0; done <= 0;
        end else if (put) begin
            beat <= beat >> OUT_BITS; lanes <= lanes - 1'b1; done <= done + 1'b1;
        end else if (out_valid) begin
            beat <= out_data; lanes <= OUT_LANES[LB-1:0];
        end
    wire unused = &{1'b0, read, extended[8], joined[IN_BITS-1:0]};
endmodule
