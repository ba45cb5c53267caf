// What yosys-smtbmc is asked of every unit with a stream on both sides: whoever waits for whom, and
// whenever there is a reset, words come out as they went in: none lost, none twice, none out of order.
// Inputs of these modules are free in every cycle; words are numbered as they go in.

// A reset in the first cycle, and whenever `again` is high.
module prove_start (input wire clk, input wire again, output wire rst);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;
    assign rst = !started || again;
endmodule

module prove_queue (input wire clk, input wire again, input wire in_valid, input wire out_ready);
    wire rst, in_ready, out_valid;
    wire [4:0] out_data;
    reg [4:0] sent, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_queue #(.BITS(5), .DEPTH(3)) unit (.clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(sent),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    always @(posedge clk) begin
        sent <= rst ? 5'd0 : sent + (in_valid && in_ready);
        got <= rst ? 5'd0 : got + (out_valid && out_ready);
        if (!rst) begin
            if (out_valid) assert (out_data == got && got != sent);
            assert (sent - got <= 5'd7);
        end
    end
endmodule

module prove_fifo (input wire clk, input wire again, input wire in_valid, input wire out_ready);
    wire rst, in_ready, out_valid;
    wire [4:0] out_data;
    reg [4:0] sent, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_fifo #(.BITS(5), .DEPTH(3)) unit (.clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(sent),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    always @(posedge clk) begin
        sent <= rst ? 5'd0 : sent + (in_valid && in_ready);
        got <= rst ? 5'd0 : got + (out_valid && out_ready);
        if (!rst) begin
            if (out_valid) assert (out_data == got);
            assert (sent - got <= 5'd3);
        end
    end
endmodule

module prove_split (input wire clk, input wire again, input wire in_valid, input wire out_ready);
    wire rst, in_ready, out_valid;
    wire [5:0] out_data;
    reg [5:0] sent, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_split #(.BITS(6), .COUNT(3)) unit (.clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data({sent + 6'd2, sent + 6'd1, sent}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    always @(posedge clk) begin
        sent <= rst ? 6'd0 : in_valid && in_ready ? sent + 6'd3 : sent;
        got <= rst ? 6'd0 : got + (out_valid && out_ready);
        if (!rst) begin
            if (out_valid) assert (out_data == got);
            assert (sent - got <= 6'd3);
        end
    end
endmodule

module prove_collect (input wire clk, input wire again, input wire in_valid, input wire out_ready);
    wire rst, in_ready, out_valid;
    wire [17:0] out_data;
    reg [5:0] sent, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_collect #(.BITS(6), .COUNT(3)) unit (.clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(sent),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    wire [5:0] one = got + 6'd1, two = got + 6'd2;
    always @(posedge clk) begin
        sent <= rst ? 6'd0 : sent + (in_valid && in_ready);
        got <= rst ? 6'd0 : out_valid && out_ready ? got + 6'd3 : got;
        if (!rst) begin
            if (out_valid) assert (out_data == {two, one, got});
            assert (sent - got <= 6'd3);
        end
    end
endmodule

module prove_clamp (input wire clk, input wire again, input wire in_valid, input wire out_ready);
    wire rst, in_ready, out_valid;
    wire [4:0] out_data;
    reg [4:0] sent, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_clamp #(.LANES(1), .ONE(0), .BITS0(5), .BITS1(5), .BITS(5), .LOW(3), .HIGH(31), .TB(8)) unit (
        .clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data({sent, sent}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    wire [5:0] twice = {got, 1'b0};
    always @(posedge clk) begin
        sent <= rst ? 5'd0 : sent + (in_valid && in_ready);
        got <= rst ? 5'd0 : got + (out_valid && out_ready);
        if (!rst) begin
            if (out_valid)
                assert (out_data == (twice < 3 ? 5'd3 : twice > 31 ? 5'd31 : twice[4:0]));
            assert (sent - got <= 5'd2);
        end
    end
endmodule

module prove_fork (input wire clk, input wire again, input wire in_valid, input wire [1:0] out_ready);
    wire rst, in_ready;
    wire [1:0] out_valid;
    reg [3:0] sent, got0, got1;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_fork #(2) unit (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready),
        .out_valid(out_valid), .out_ready(out_ready));
    always @(posedge clk) begin
        sent <= rst ? 4'd0 : sent + (in_valid && in_ready);
        got0 <= rst ? 4'd0 : got0 + (out_valid[0] && out_ready[0]);
        got1 <= rst ? 4'd0 : got1 + (out_valid[1] && out_ready[1]);
        if (!rst) begin
            // Each reader takes the word of this number, and none before it has been there.
            if (out_valid[0]) assert (got0 == sent);
            if (out_valid[1]) assert (got1 == sent);
            assert (got0 - sent <= 4'd1 && got1 - sent <= 4'd1);
        end
    end
endmodule

// Words begun come after any number of cycles, as long as they come in order.
module prove_leave (input wire clk, input wire again, input wire begins, input wire comes,
                    input wire out_ready);
    wire rst, room, out_valid;
    wire [4:0] out_data;
    reg [4:0] begun, put, got;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    wire begin_one = begins && room, put_one = comes && put != begun;
    tr_leave #(.BITS(5), .DEPTH(4)) unit (.clk(clk), .rst(rst), .room(room), .begins(begin_one),
        .put(put_one && !rst), .data(put),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
    always @(posedge clk) begin
        begun <= rst ? 5'd0 : begun + begin_one;
        put <= rst ? 5'd0 : put + put_one;
        got <= rst ? 5'd0 : got + (out_valid && out_ready);
        if (!rst) begin
            if (out_valid) assert (out_data == got);
            assert (begun - got <= 5'd4 && put - got <= begun - got);
        end
    end
endmodule

// An image of 3 x 2 words under a 2 x 1 window, each window read twice: every word that comes out is
// the one that stands there, whenever the reader and the writer wait.
module prove_lines (input wire clk, input wire again, input wire in_valid, input wire room);
    wire rst, in_ready, begins, fetch, valid, first, last, outside;
    wire [4:0] word;
    reg [4:0] sent;
    prove_start start (.clk(clk), .again(again), .rst(rst));
    tr_lines #(.BITS(5), .WORDS(1), .HEIGHT(3), .WIDTH(2), .TOP(0), .LEFT(0), .KH(2), .KW(1),
        .SH(1), .SW(1), .DH(1), .DW(1), .OUT_H(2), .OUT_W(2), .GROUPS(2), .OWN(0), .BORDER(0),
        .ROWS(3), .NB(2), .NEED({2'd2, 2'd2}), .RELEASE({2'd2, 2'd1})) unit (.clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(sent), .room(room), .begins(begins),
        .fetch(fetch), .valid(valid), .first(first), .last(last), .outside(outside), .word(word));
    reg [4:0] image;
    reg below, group, column, row;
    always @(posedge clk)
        if (rst) begin
            sent <= 5'd0; image <= 5'd0; {row, column, group, below} <= 4'd0;
        end else begin
            sent <= sent + (in_valid && in_ready);
            if (valid) begin
                assert (word == image + {row + below, 1'b0} + column);
                assert (first == !below && last == below && !outside);
                {row, column, group, below} <= {row, column, group, below} + 4'd1;
                if (&{row, column, group, below}) image <= image + 5'd6;
            end
        end
endmodule
