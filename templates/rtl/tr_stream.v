/* verilator lint_off DECLFILENAME */
// Parts of a streaming network. A stream is valid/ready/data: a beat moves in a cycle where both
// are high. A beat holds one position's channels, channel 0 in the lowest bits. rst is synchronous.

// Slides a window over an image that comes row by row: pads it with zeros, one beat a window.
// out_data holds the window's positions row by row, the top left one in the lowest bits.
module tr_window #(
    parameter BITS = 8, HEIGHT = 8, WIDTH = 8, TOP = 1, BOTTOM = 1, LEFT = 1, RIGHT = 1,
    parameter KH = 3, KW = 3, SH = 1, SW = 1, DH = 1, DW = 1
) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS-1:0] in_data,
    output reg out_valid, input wire out_ready, output wire [KH*KW*BITS-1:0] out_data
);
    localparam PH = TOP + HEIGHT + BOTTOM, PW = LEFT + WIDTH + RIGHT;
    localparam EH = (KH - 1) * DH + 1, EW = (KW - 1) * DW + 1;
    localparam RB = $clog2(PH + 1), CB = $clog2(PW + 1);
    localparam YB = $clog2(SH + 1), XB = $clog2(SW + 1);
    reg [RB-1:0] row;
    reg [CB-1:0] col;
    reg [YB-1:0] row_phase;
    reg [XB-1:0] col_phase;
    // Widened, so that comparing with a border of no width is not comparing with a constant.
    wire [31:0] row_at = {{(32 - RB){1'b0}}, row}, col_at = {{(32 - CB){1'b0}}, col};
    wire in_image = row_at + 1 > TOP && row_at < TOP + HEIGHT
                 && col_at + 1 > LEFT && col_at < LEFT + WIDTH;
    wire can_move = !out_valid || out_ready;
    wire advance = can_move && (!in_image || in_valid) && !rst;
    assign in_ready = can_move && in_image && !rst;
    wire [BITS-1:0] pixel = in_image ? in_data : {BITS{1'b0}};

    // The column under the window, newest row in the lowest bits, and the window: EW columns.
    wire [EH*BITS-1:0] column;
    reg [EW*EH*BITS-1:0] window;
    generate
        if (EH > 1) begin : g_lines
            reg [(EH-1)*BITS-1:0] lines [0:PW-1];
            wire [(EH-1)*BITS-1:0] above = lines[col];
            assign column = {above, pixel};
            always @(posedge clk) if (advance) lines[col] <= column[(EH-1)*BITS-1:0];
        end else begin : g_no_lines
            assign column = pixel;
        end
        if (EW > 1) begin : g_columns
            always @(posedge clk)
                if (advance) window <= {window[(EW-1)*EH*BITS-1:0], column};
        end else begin : g_column
            always @(posedge clk) if (advance) window <= column;
        end
    endgenerate

    genvar y, x;
    generate
        for (y = 0; y < KH; y = y + 1) begin : g_row
            for (x = 0; x < KW; x = x + 1) begin : g_col
                assign out_data[(y*KW+x)*BITS +: BITS] =
                    window[((EW-1-x*DW)*EH + (EH-1-y*DH))*BITS +: BITS];
            end
        end
    endgenerate

    wire last_col = col_at == PW - 1, last_row = row_at == PH - 1;
    wire row_there = row_at + 2 > EH, col_there = col_at + 2 > EW;
    always @(posedge clk) begin
        if (rst) begin
            row <= 0; col <= 0; row_phase <= 0; col_phase <= 0; out_valid <= 1'b0;
        end else if (can_move) begin
            out_valid <= advance && row_there && col_there && row_phase == 0 && col_phase == 0;
            if (advance) begin
                col <= last_col ? {CB{1'b0}} : col + 1'b1;
                if (last_col) col_phase <= 0;
                else if (col_there) col_phase <= col_phase == SW - 1 ? {XB{1'b0}} : col_phase + 1'b1;
                if (last_col) begin
                    row <= last_row ? {RB{1'b0}} : row + 1'b1;
                    if (last_row) row_phase <= 0;
                    else if (row_there) row_phase <= row_phase == SH - 1 ? {YB{1'b0}} : row_phase + 1'b1;
                end
            end
        end
    end
endmodule

// COUNT beats become one; the first is in the lowest bits.
module tr_collect #(parameter BITS = 8, COUNT = 4) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS-1:0] in_data,
    output wire out_valid, input wire out_ready, output reg [COUNT*BITS-1:0] out_data
);
    localparam NB = $clog2(COUNT + 1);
    reg [NB-1:0] held;
    assign out_valid = held == COUNT[NB-1:0];
    assign in_ready = (!out_valid || out_ready) && !rst;
    wire take = in_valid && in_ready;
    always @(posedge clk) begin
        if (rst) held <= 0;
        else if (out_valid && out_ready) held <= take ? 1 : 0;
        else if (take) held <= held + 1'b1;
        if (take) out_data <= {in_data, out_data[COUNT*BITS-1:BITS]};
    end
endmodule

// One stream to N readers; each takes every beat once.
module tr_fork #(parameter N = 2) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready,
    output wire [N-1:0] out_valid, input wire [N-1:0] out_ready
);
    reg [N-1:0] done;
    assign out_valid = {N{in_valid}} & ~done;
    assign in_ready = &(done | out_ready);
    always @(posedge clk)
        if (rst || (in_valid && in_ready)) done <= 0;
        else if (in_valid) done <= done | out_ready;
endmodule

// A queue: what waits for the longer of two paths.
module tr_fifo #(parameter BITS = 8, DEPTH = 4) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS-1:0] in_data,
    output wire out_valid, input wire out_ready, output wire [BITS-1:0] out_data
);
    localparam AB = DEPTH > 1 ? $clog2(DEPTH) : 1, NB = $clog2(DEPTH + 1);
    localparam END = DEPTH - 1;
    reg [BITS-1:0] memory [0:DEPTH-1];
    reg [AB-1:0] head, tail;
    reg [NB-1:0] held;
    assign in_ready = held != DEPTH[NB-1:0] && !rst;
    assign out_valid = held != 0;
    assign out_data = memory[head];
    wire put = in_valid && in_ready, take = out_valid && out_ready;
    always @(posedge clk) begin
        if (put) memory[tail] <= in_data;
        if (rst) begin
            head <= 0; tail <= 0; held <= 0;
        end else begin
            if (put) tail <= tail == END[AB-1:0] ? {AB{1'b0}} : tail + 1'b1;
            if (take) head <= head == END[AB-1:0] ? {AB{1'b0}} : head + 1'b1;
            if (put && !take) held <= held + 1'b1;
            else if (take && !put) held <= held - 1'b1;
        end
    end
endmodule
